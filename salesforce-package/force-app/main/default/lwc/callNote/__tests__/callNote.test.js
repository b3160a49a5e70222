import { createElement } from 'lwc';
import CallNote from 'c/callNote';
import { callOf, frame } from 'test/frames';
import { cleanPage, flush } from 'test/flush';

afterEach(cleanPage);

const EMPTY = { text: '', disposition: '', followUp: '' };

function box(more) {
    const element = createElement('c-call-note', { is: CallNote });
    document.body.append(Object.assign(element, { note: EMPTY, ...more }));
    const part = (id) => element.shadowRoot.querySelector(`[data-id="${id}"]`);
    const outcomes = () =>
        [...part('outcome').options].map(({ textContent }) => textContent.trim());
    return { element, part, outcomes };
}

it('is empty at first', async () => {
    const { element, part, outcomes } = box();
    expect(part('text').value).toBe('');
    expect(part('outcome').value).toBe('');
    expect(part('day').value).toBe('');
    expect(outcomes()).toHaveLength(6);
    expect(part('state').textContent).toBe('');
    await expect(element).toBeAccessible();
});

it('shows what is written, with an outcome of whatever list', async () => {
    const { note } = callOf('server.call-transferred-by');
    const { element, part, outcomes } = box({ note });
    expect(part('text').value).toBe('Wants the new price list');
    expect(part('outcome').value).toBe('Call back');
    expect(outcomes()).toContain('Call back');
    expect(part('day').value).toBe('2026-11-30');
    await expect(element).toBeAccessible();
});

it('offers the outcomes of the settings', () => {
    const { dispositions } = frame('server.settings-outcomes').settings;
    const { part, outcomes } = box({ dispositions, note: { ...EMPTY, disposition: 'Sold' } });
    expect(outcomes().slice(1)).toEqual(['Sold', 'Call back', 'No interest']);
    expect(part('outcome').value).toBe('Sold');
    expect(box({ dispositions: [] }).outcomes()).toHaveLength(6);
});

it('tells of each change, and of being left', () => {
    const { element, part } = box();
    const written = jest.fn();
    const left = jest.fn();
    element.addEventListener('write', ({ detail }) => written(detail));
    element.addEventListener('leave', left);
    part('text').value = 'Wants';
    part('text').dispatchEvent(new CustomEvent('input'));
    expect(written).toHaveBeenLastCalledWith({ text: 'Wants', disposition: '', followUp: '' });
    part('outcome').value = 'c.CtiOutcomeDone';
    part('outcome').dispatchEvent(new CustomEvent('change'));
    part('day').value = '2026-11-30';
    part('day').dispatchEvent(new CustomEvent('input'));
    expect(written).toHaveBeenLastCalledWith({
        text: 'Wants',
        disposition: 'c.CtiOutcomeDone',
        followUp: '2026-11-30'
    });
    ['text', 'outcome', 'day'].forEach((id) => part(id).dispatchEvent(new CustomEvent('blur')));
    expect(left).toHaveBeenCalledTimes(3);
});

it('follows what others write, and leaves the cursor of who writes', async () => {
    const { element, part } = box({ note: { ...EMPTY, text: 'one two' } });
    part('text').setSelectionRange(3, 3);
    element.note = { ...EMPTY, text: 'one two' };
    await flush();
    expect(part('text').selectionStart).toBe(3);
    element.note = { ...EMPTY, text: 'another', disposition: 'c.CtiOutcomeDone' };
    await flush();
    expect(part('text').value).toBe('another');
    expect(part('outcome').value).toBe('c.CtiOutcomeDone');
});

it.each([
    ['', '', false],
    ['typing', '', false],
    ['saved', 'c.CtiNoteSaved', false],
    ['failed', 'c.CtiNoteUnsaved', true],
    ['lost', 'c.CtiNoteLost', true],
    ['tooLong', 'c.CtiNoteTooLong', true]
])('says how saving stands: %s', async (state, text, bad) => {
    const { element, part } = box({ state });
    expect(part('state').textContent).toBe(text);
    expect(part('state').getAttribute('role')).toBe('status');
    expect(part('state').className.includes('slds-text-color_error')).toBe(bad);
    await expect(element).toBeAccessible();
});
