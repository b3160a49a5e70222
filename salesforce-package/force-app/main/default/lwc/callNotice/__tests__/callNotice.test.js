import { CallNotice } from 'c/callNotice';

let shown;
let focused;
let win;

class FakeNotification {
    static permission = 'granted';

    constructor(text, options) {
        Object.assign(this, { text, options, close: jest.fn() });
        shown.push(this);
    }
}

function notices(Notification = FakeNotification) {
    win = { focus: jest.fn() };
    return new CallNotice({ Notification, doc: { hasFocus: () => focused }, win });
}

beforeEach(() => {
    shown = [];
    focused = false;
    FakeNotification.permission = 'granted';
});

it('tells who does not look, once, and brings the tab up on a click', () => {
    const notice = notices();
    notice.show('c-1', 'Incoming call: Berta Beispiel');
    notice.show('c-1', 'Incoming call: Berta Beispiel');
    expect(shown).toHaveLength(1);
    expect(shown[0].text).toBe('Incoming call: Berta Beispiel');
    expect(shown[0].options).toEqual({ tag: 'c-1', silent: true });
    shown[0].onclick();
    expect(win.focus).toHaveBeenCalledTimes(1);
});

it('goes with the call', () => {
    const notice = notices();
    notice.show('c-1', 'one');
    notice.show('c-2', 'two');
    notice.keepOnly(new Set(['c-2']));
    expect(shown[0].close).toHaveBeenCalledTimes(1);
    expect(shown[1].close).not.toHaveBeenCalled();
    notice.keepOnly(new Set());
    expect(shown[0].close).toHaveBeenCalledTimes(1);
});

it.each(['default', 'denied'])('asks nobody: %s', (permission) => {
    FakeNotification.permission = permission;
    notices().show('c-1', 'one');
    expect(shown).toHaveLength(0);
});

it('is silent before the agent’s eyes, and where there are no notifications', () => {
    focused = true;
    notices().show('c-1', 'one');
    expect(shown).toHaveLength(0);
    focused = false;
    notices(null).show('c-1', 'one');
    class Refusing {
        static permission = 'granted';
        constructor() {
            throw new TypeError('Illegal constructor');
        }
    }
    expect(() => notices(Refusing).show('c-1', 'one')).not.toThrow();
});
