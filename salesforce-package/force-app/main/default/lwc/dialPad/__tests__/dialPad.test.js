import { createElement } from 'lwc';
import DialPad from 'c/dialPad';
import { cleanPage, flush } from 'test/flush';

afterEach(cleanPage);

function pad(more) {
    const element = createElement('c-dial-pad', { is: DialPad });
    document.body.append(Object.assign(element, more));
    const dialled = jest.fn();
    element.addEventListener('dial', ({ detail }) => dialled(detail.number));
    const box = element.shadowRoot.querySelector('[data-id=number]');
    const button = element.shadowRoot.querySelector('[data-id=dial]');
    const type = async (value) => {
        box.dispatchEvent(new CustomEvent('change', { detail: { value } }));
        await flush();
    };
    const press = (key) => box.dispatchEvent(new KeyboardEvent('keydown', { key }));
    return { element, dialled, box, button, type, press };
}

it('is accessible', async () => {
    await expect(pad().element).toBeAccessible();
});

it('dials what was typed, by Enter and by the button', async () => {
    const { dialled, button, type, press } = pad();
    await type(' 030 23125-101 ');
    press('a');
    expect(dialled).not.toHaveBeenCalled();
    press('Enter');
    button.click();
    expect(dialled.mock.calls).toEqual([['030 23125-101'], ['030 23125-101']]);
});

it('takes a pasted link', async () => {
    const { dialled, type, press } = pad();
    await type('tel:+49-30-23125101');
    press('Enter');
    expect(dialled).toHaveBeenCalledWith('+49-30-23125101');
});

it('does not dial nothing', async () => {
    const { dialled, button, type, press } = pad();
    expect(button.disabled).toBe(true);
    await type('Berta');
    press('Enter');
    expect(dialled).not.toHaveBeenCalled();
});

it('does not dial while there is no line', async () => {
    const { dialled, button, type, press } = pad({ disabled: true });
    await type('1002');
    press('Enter');
    expect(dialled).not.toHaveBeenCalled();
    expect(button.disabled).toBe(true);
});

it('keeps the number until it is told to clear it', async () => {
    const { element, box, type, press } = pad();
    await type('1002');
    press('Enter');
    await flush();
    expect(box.value).toBe('1002');
    element.clear();
    await flush();
    expect(box.value).toBe('');
});
