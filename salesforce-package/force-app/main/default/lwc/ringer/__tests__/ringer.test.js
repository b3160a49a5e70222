import { BLOCKED_AFTER, Ringer, TAKE_OVER_AFTER, shouldRing } from 'c/ringer';
import { RingTone } from 'c/ringTone';
import { fakeAudio, fakeLocks } from 'test/fakeAudio';
import { flush } from 'test/flush';
import { callOf } from 'test/frames';

const calls = (...names) => names.map((name, i) => callOf(name, { id: `c-${i}` }));
const stored = () => {
    const values = {};
    return {
        getItem: (key) => values[key] ?? null,
        setItem: (key, value) => {
            values[key] = value;
        }
    };
};

let ringers;

beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    ringers = [];
});

afterEach(() => {
    ringers.forEach((ringer) => ringer.stop());
    jest.useRealTimers();
});

function tab({ locks = fakeLocks(), storage = stored(), heard = fakeAudio(), ...more } = {}) {
    const onChange = jest.fn();
    const tone = new RingTone(heard.AudioContext);
    const ringer = new Ringer({ tone, locks, storage, onChange, ...more });
    ringer.start();
    ringers.push(ringer);
    return { ringer, heard, onChange, storage };
}

async function pass(time = 10) {
    await flush();
    jest.advanceTimersByTime(time);
    await flush();
}

describe('shouldRing', () => {
    const on = { sound: true, quietInCall: true };

    it.each([
        ['a call that rings', ['server.call-ringing-known'], on, true],
        ['a colleague who rings', ['server.call-ringing-internal'], on, true],
        ['no call', [], on, false],
        ['our own call', ['server.call-dialing'], on, false],
        ['a call that talks', ['server.call-held'], on, false],
        ['a second call', ['server.call-held', 'server.call-ringing-known'], on, false],
        [
            'a second call that is wanted',
            ['server.call-held', 'server.call-ringing-known'],
            { sound: true, quietInCall: false },
            true
        ],
        ['no sound', ['server.call-ringing-known'], { sound: false }, false],
        ['no settings', ['server.call-ringing-known'], undefined, false]
    ])('%s', (what, names, settings, want) => {
        expect(shouldRing(calls(...names), settings)).toBe(want);
    });

    it('does not ring for our own call that rings over there', () => {
        const [call] = calls('server.call-ringing-known');
        expect(shouldRing([{ ...call, direction: 'outbound' }], on)).toBe(false);
    });
});

it('rings until told otherwise, once however often it is told', async () => {
    const { ringer, heard } = tab();
    ringer.ring(true);
    ringer.ring(true);
    await pass();
    ringer.ring(true);
    expect(heard.started).toBe(1);
    expect(heard.sounding).toBe(1);
    ringer.ring(false);
    await pass();
    expect(heard.sounding).toBe(0);
    expect(heard.open).toBe(0);
    ringer.ring(true);
    await pass();
    expect(heard.started).toBe(2);
});

it('stays silent where the call is over before it could sound', async () => {
    const { ringer, heard } = tab();
    ringer.ring(true);
    ringer.ring(false);
    await pass(BLOCKED_AFTER);
    expect(heard.started).toBe(0);
    expect(ringer.blocked).toBe(false);
});

it('rings in one tab, and in the next one if that goes', async () => {
    const locks = fakeLocks();
    const [one, two] = [tab({ locks }), tab({ locks })];
    one.ringer.ring(true);
    two.ringer.ring(true);
    await pass(5000);
    expect([one.heard.started, two.heard.started]).toEqual([1, 0]);
    one.ringer.stop();
    await pass(TAKE_OVER_AFTER - 1);
    expect(two.heard.started).toBe(0);
    await pass(1);
    expect(two.heard.sounding).toBe(1);
});

it('does not ring on in the next tab when the call was answered', async () => {
    const locks = fakeLocks();
    const [one, two] = [tab({ locks }), tab({ locks })];
    one.ringer.ring(true);
    two.ringer.ring(true);
    await pass(5000);
    one.ringer.ring(false); // the frame comes here first
    await pass(TAKE_OVER_AFTER / 2);
    two.ringer.ring(false);
    await pass(TAKE_OVER_AFTER);
    expect(two.heard.started).toBe(0);
});

it('rings also where the browser has no locks', async () => {
    const { ringer, heard } = tab({ locks: undefined });
    ringer.ring(true);
    await pass();
    expect(heard.sounding).toBe(1);
    ringer.ring(false);
    expect(heard.sounding).toBe(0);
});

it('does nothing where there is no sound', async () => {
    const { ringer } = tab({ heard: {} });
    expect(ringer.possible).toBe(false);
    ringer.ring(true);
    await pass(BLOCKED_AFTER);
    expect(ringer.blocked).toBe(false);
});

describe('a browser that wants a click first', () => {
    const blocked = async (more) => {
        const heard = fakeAudio();
        heard.allow(false);
        const view = tab({ heard, ...more });
        view.ringer.ring(true);
        await pass(BLOCKED_AFTER);
        return view;
    };
    const click = async (heard) => {
        heard.allow(true);
        window.dispatchEvent(new CustomEvent('pointerdown'));
        await pass();
    };

    it('is told of, and rings after the click', async () => {
        const { ringer, heard, onChange } = await blocked();
        expect(ringer.blocked).toBe(true);
        expect(onChange).toHaveBeenCalledTimes(1);
        expect(heard.started).toBe(0);
        await click(heard);
        expect(ringer.blocked).toBe(false);
        expect(heard.sounding).toBe(1);
        ringer.ring(false);
        ringer.ring(true);
        await pass(BLOCKED_AFTER);
        expect(onChange).toHaveBeenCalledTimes(2);
    });

    it('only notes the click once the call is over', async () => {
        const { ringer, heard } = await blocked();
        ringer.ring(false);
        await click(heard);
        expect(ringer.blocked).toBe(false);
        expect(heard.started).toBe(0);
        expect(heard.open).toBe(0);
    });

    it('says nothing while another tab rings', async () => {
        const locks = fakeLocks();
        const other = tab({ locks });
        other.ringer.ring(true);
        await pass();
        const { ringer, onChange } = await blocked({ locks });
        expect(ringer.blocked).toBe(false);
        expect(onChange).not.toHaveBeenCalled();
    });

    it('says it where it refuses altogether', async () => {
        const heard = fakeAudio();
        heard.AudioContext.prototype.resume = () => Promise.reject(new Error('no device'));
        heard.allow(false);
        const { ringer } = tab({ heard });
        ringer.ring(true);
        await pass(BLOCKED_AFTER);
        expect(ringer.blocked).toBe(true);
        window.dispatchEvent(new CustomEvent('keydown'));
        await pass();
        expect(ringer.blocked).toBe(true);
    });
});

describe('muting', () => {
    it('silences, and lets it ring again', async () => {
        const { ringer, heard, onChange } = tab();
        ringer.ring(true);
        await pass();
        ringer.mute(true);
        expect(heard.sounding).toBe(0);
        expect(onChange).toHaveBeenCalledTimes(1);
        ringer.mute(false);
        await pass();
        expect(heard.sounding).toBe(1);
    });

    it('holds for the next time, and for all tabs', async () => {
        const { ringer, storage } = tab();
        ringer.mute(true);
        const other = tab({ storage });
        expect(other.ringer.muted).toBe(true);
        ringer.mute(false);
        window.dispatchEvent(Object.assign(new CustomEvent('storage'), { key: 'other' }));
        expect(other.ringer.muted).toBe(true);
        window.dispatchEvent(Object.assign(new CustomEvent('storage'), { key: 'ctibridge-muted' }));
        expect(other.ringer.muted).toBe(false);
        other.ringer.ring(true);
        await pass();
        expect(other.heard.sounding).toBe(1);
    });

    it('holds for this tab where nothing can be kept', () => {
        const no = () => {
            throw new Error('denied');
        };
        const { ringer } = tab({ storage: { getItem: no, setItem: no } });
        expect(ringer.muted).toBe(false);
        ringer.mute(true);
        expect(ringer.muted).toBe(true);
    });
});
