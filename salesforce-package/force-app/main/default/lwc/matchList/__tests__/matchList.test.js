import { createElement } from 'lwc';
import MatchList from 'c/matchList';
import { callOf } from 'test/frames';
import { cleanPage } from 'test/flush';

afterEach(cleanPage);

function list(chosen) {
    const { matches } = callOf('server.call-ringing-several');
    const element = createElement('c-match-list', { is: MatchList });
    document.body.append(Object.assign(element, { matches, chosen }));
    return { element, items: [...element.shadowRoot.querySelectorAll('c-match-item')] };
}

it('lists every record in the bridge’s order', async () => {
    const { element, items } = list();
    expect(items.map(({ match }) => match.object)).toEqual(['Contact', 'Lead', 'Account']);
    await expect(element).toBeAccessible();
});

it('marks the chosen one', () => {
    const { items } = list({ object: 'Lead', id: '00Q000000000001AAA' });
    expect(items.map(({ chosen }) => chosen)).toEqual([false, true, false]);
});

it('tells which was chosen', () => {
    const { element, items } = list();
    const chosen = jest.fn();
    element.addEventListener('choose', ({ detail }) => chosen(detail));
    items[1].shadowRoot.querySelector('button').click();
    expect(chosen).toHaveBeenCalledWith({ object: 'Lead', id: '00Q000000000001AAA' });
});
