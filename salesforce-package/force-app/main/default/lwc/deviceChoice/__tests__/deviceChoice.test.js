import { createElement } from 'lwc';
import DeviceChoice from 'c/deviceChoice';
import { frame } from 'test/frames';
import { cleanPage, flush } from 'test/flush';

afterEach(cleanPage);

async function show(settings) {
    const element = createElement('c-device-choice', { is: DeviceChoice });
    element.settings = settings;
    document.body.append(element);
    await flush();
    return element;
}

const select = (element) => element.shadowRoot.querySelector('select');

it.each([undefined, null, frame('server.settings-plain').settings])(
    'is not there where there is nothing to choose: %j',
    async (settings) => {
        expect(select(await show(settings))).toBeNull();
    }
);

it('shows what can be chosen, and what is', async () => {
    const element = await show(frame('server.settings').settings);
    const options = [...select(element).options];
    expect(options.map(({ text }) => text.trim())).toEqual(['c.CtiDeviceNone', '1050', '1051']);
    expect(select(element).value).toBe('toy/1050');
    expect(element.shadowRoot.querySelector('label').textContent).toBe('c.CtiDeviceToday');
    await expect(element).toBeAccessible();
});

it('names the telephone systems where there are several', async () => {
    const { settings } = frame('server.welcome-shared');
    settings.devices[1].link = 'other';
    const element = await show(settings);
    expect(select(element).value).toBe('');
    expect(select(element).options[2].text.trim()).toBe('1051 (other)');
});

it.each(['toy/1051', ''])('chooses "%s"', async (id) => {
    const element = await show(frame('server.settings').settings);
    const chosen = jest.fn();
    element.addEventListener('choose', ({ detail }) => chosen(detail));
    select(element).value = id;
    select(element).dispatchEvent(new CustomEvent('change'));
    expect(chosen).toHaveBeenCalledWith({ id });
});
