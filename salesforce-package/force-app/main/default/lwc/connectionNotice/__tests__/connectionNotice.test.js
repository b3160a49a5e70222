import { createElement } from 'lwc';
import ConnectionNotice from 'c/connectionNotice';
import { cleanPage } from 'test/flush';

afterEach(cleanPage);

function notice(advice) {
    const element = createElement('c-connection-notice', { is: ConnectionNotice });
    document.body.append(Object.assign(element, { advice }));
    return { element, part: (id) => element.shadowRoot.querySelector(`[data-id="${id}"]`) };
}

it('says what is wrong, the cure, and that it goes on trying', async () => {
    const { element, part } = notice({
        text: 'Wrong.',
        cure: 'Do this.',
        retry: 'Again',
        waiting: true
    });
    expect(part('text').textContent).toBe('Wrong.');
    expect(part('cure').textContent).toBe('Do this.');
    expect(part('waiting')).not.toBeNull();
    await expect(element).toBeAccessible();
});

it('says no more than there is', () => {
    const { part } = notice({ text: 'Wrong.', cure: '', retry: 'Again', waiting: false });
    expect(part('cure')).toBeNull();
    expect(part('waiting')).toBeNull();
});

it('lets the agent try again', () => {
    const { element, part } = notice({ text: 'Wrong.', cure: '', retry: 'Again', waiting: false });
    const retried = jest.fn();
    element.addEventListener('retry', retried);
    part('retry').click();
    expect(retried).toHaveBeenCalledTimes(1);
});
