import { createElement } from 'lwc';
import RecentCalls from 'c/recentCalls';
import { frame } from 'test/frames';
import { cleanPage, flush } from 'test/flush';

afterEach(cleanPage);

const NOW = Date.parse('2026-11-21T09:30:00.000Z');
const { calls } = frame('server.result-recent');
const [missed, shared, withheld, outgoing, internal] = calls;

function list(more = {}) {
    const element = createElement('c-recent-calls', { is: RecentCalls });
    document.body.append(Object.assign(element, { calls, now: NOW, ...more }));
    const part = (id) => element.shadowRoot.querySelector(`[data-id="${id}"]`);
    const heard = {};
    ['shown', 'open', 'callback'].forEach((name) => {
        heard[name] = jest.fn();
        element.addEventListener(name, ({ detail }) => heard[name](detail));
    });
    return {
        element,
        part,
        heard,
        row(call, id) {
            const row = element.shadowRoot.querySelector(`li[data-call="${call.id}"]`);
            return row.querySelector(`[data-id="${id}"]`);
        },
        async unfold() {
            part('toggle').click();
            await flush();
        }
    };
}

it('is folded, and counts what was missed and is new', async () => {
    const { element, part, unfold, heard } = list();
    expect(part('list')).toBeNull();
    expect(part('toggle').getAttribute('aria-expanded')).toBe('false');
    expect(part('fresh').textContent).toContain('1');
    await expect(element).toBeAccessible();
    await unfold();
    expect(part('toggle').getAttribute('aria-expanded')).toBe('true');
    expect(part('fresh')).toBeNull();
    expect(heard.shown).toHaveBeenLastCalledWith(true);
    await expect(element).toBeAccessible();
    await unfold();
    expect(heard.shown).toHaveBeenLastCalledWith(false);
});

it('says who, when and how it ended', async () => {
    const { row, unfold } = list();
    await unfold();
    expect(row(missed, 'open').textContent).toBe('Berta Beispiel');
    expect(row(missed, 'detail').textContent).toContain('c.CtiRecentMissed · +49 30 23125101');
    expect(row(shared, 'name').textContent).toBe('+49 30 23125200');
    expect(row(shared, 'detail').textContent).toContain(
        'c.CtiRecentMissed · c.CtiRecentShared · c.CtiRecentDone'
    );
    expect(row(withheld, 'name').textContent).toBe('c.CtiWithheld');
    expect(row(outgoing, 'open').textContent).toBe('c.CtiKnownCustomer');
    expect(row(outgoing, 'detail').textContent).toContain('2:00');
    expect(row(internal, 'name').textContent).toBe('1002');
});

it('opens the record and calls back', async () => {
    const { row, unfold, heard } = list();
    await unfold();
    row(missed, 'open').click();
    expect(heard.open).toHaveBeenCalledWith({ object: 'Contact', id: missed.matches[0].id });
    row(missed, 'call').click();
    expect(heard.callback).toHaveBeenCalledWith({
        number: '+493023125101',
        record: { object: 'Contact', id: missed.matches[0].id }
    });
    row(shared, 'call').click();
    expect(heard.callback).toHaveBeenLastCalledWith({
        number: '+493023125200',
        record: undefined
    });
    expect(row(withheld, 'call')).toBeNull();
});

it('dials nothing while there is no line, and says when there was no call', async () => {
    const { row, unfold } = list({ disabled: true });
    await unfold();
    expect(row(missed, 'call').disabled).toBe(true);
    cleanPage();
    const empty = list({ calls: [] });
    expect(empty.part('fresh')).toBeNull();
    await empty.unfold();
    expect(empty.part('none').textContent.trim()).toBe('c.CtiRecentNone');
});
