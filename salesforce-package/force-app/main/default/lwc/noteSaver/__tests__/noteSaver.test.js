import { NoteSaver, RETRY_AFTER, SAVE_AFTER, SAVE_EVERY } from 'c/noteSaver';
import { flush } from 'test/flush';
import { callOf, frame } from 'test/frames';

const noted = () => callOf('server.call-connected-attached');
const call = () => callOf('server.call-connected-attached', { note: undefined });
const text = (words) => ({ text: words, disposition: '', followUp: '' });

let saver;
let sent;
let answers;
let changes;

beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    sent = [];
    answers = [];
    changes = 0;
    saver = new NoteSaver({
        send: (message) => {
            sent.push(message);
            return new Promise((resolve, reject) => {
                answers.push({ resolve, reject });
            });
        },
        onChange: () => {
            changes++;
        }
    });
});

afterEach(() => jest.useRealTimers());

async function answer(refusal) {
    const { resolve, reject } = answers.shift();
    if (refusal) {
        reject(refusal);
    } else {
        resolve({});
    }
    await flush();
}

it('shows what the bridge has until something is written', () => {
    const { request, ...note } = frame('client.note-request');
    expect(request).toBeTruthy();
    expect(saver.noteOf(noted())).toEqual({
        text: note.text,
        disposition: note.disposition,
        followUp: note.followUp
    });
    expect(saver.noteOf(call())).toEqual(text(''));
    expect(saver.stateOf('c-2')).toBe('');
    expect(saver.isUnsaved('c-2')).toBe(false);
});

it('saves a moment after the last key, once', async () => {
    saver.edit(call(), text('W'));
    jest.advanceTimersByTime(SAVE_AFTER - 1);
    saver.edit(call(), text('Wa'));
    jest.advanceTimersByTime(SAVE_AFTER - 1);
    expect(sent).toEqual([]);
    expect(saver.isUnsaved('c-2')).toBe(true);
    jest.advanceTimersByTime(1);
    expect(sent).toEqual([{ type: 'note', call: 'c-2', text: 'Wa' }]);
    await answer();
    expect(saver.stateOf('c-2')).toBe('saved');
    expect(saver.isUnsaved('c-2')).toBe(false);
    expect(changes).toBe(3);
    expect(jest.getTimerCount()).toBe(0);
});

it('saves now and then while somebody types without a pause', () => {
    for (let at = 0; at <= SAVE_EVERY; at += SAVE_AFTER / 2) {
        saver.edit(call(), text(`typed at ${at}`));
        jest.advanceTimersByTime(SAVE_AFTER / 2);
    }
    expect(sent).toHaveLength(1);
});

it('saves at once when asked, and nothing that is saved', async () => {
    const { type, call: id, ...note } = frame('client.note');
    saver.edit(call(), note);
    saver.flush(id);
    expect(sent).toEqual([{ type, call: id, ...note }]);
    await answer();
    saver.flush();
    saver.flush('c-2');
    expect(sent).toHaveLength(1);
});

it('has one frame of a call under way, the newest text after it', async () => {
    saver.edit(call(), text('one'));
    saver.flush();
    saver.edit(call(), text('two'));
    saver.flush();
    expect(sent).toHaveLength(1);
    await answer();
    expect(saver.stateOf('c-2')).toBe('typing');
    jest.advanceTimersByTime(SAVE_AFTER);
    expect(sent.map((message) => message.text)).toEqual(['one', 'two']);
    await answer();
    expect(saver.stateOf('c-2')).toBe('saved');
});

it('tries again, by itself and at the welcome', async () => {
    saver.edit(call(), text('one'));
    saver.flush();
    await answer({ code: 'notConnected' });
    expect(saver.stateOf('c-2')).toBe('failed');
    jest.advanceTimersByTime(RETRY_AFTER);
    expect(sent).toHaveLength(2);
    await answer({ code: 'timeout' });
    saver.flush();
    expect(sent).toHaveLength(3);
    await answer();
    expect(saver.stateOf('c-2')).toBe('saved');
});

it.each([
    ['lost', frame('server.result-error-note').error],
    ['lost', { code: 'callGone' }],
    ['unlogged', { code: 'notLogged' }],
    ['tooLong', { code: 'badNote' }]
])('says that it is %s, and keeps the text', async (state, refusal) => {
    saver.edit(call(), text('one'));
    saver.flush();
    await answer(refusal);
    expect(saver.stateOf('c-2')).toBe(state);
    jest.advanceTimersByTime(RETRY_AFTER * 10);
    saver.flush();
    expect(sent).toHaveLength(1);
    expect(saver.noteOf(call()).text).toBe('one');
    saver.edit(call(), text('two')); // a person may try again
    saver.flush();
    expect(sent).toHaveLength(2);
});

it('tries again what was written while a refusal came', async () => {
    saver.edit(call(), text('one'));
    saver.flush();
    saver.edit(call(), text('two'));
    await answer({ code: 'timeout' });
    expect(saver.stateOf('c-2')).toBe('typing');
    jest.advanceTimersByTime(RETRY_AFTER);
    expect(sent.at(-1).text).toBe('two');
});

describe('what stands on the call then', () => {
    const with_ = (words, more) => ({ ...call(), note: { text: words, ...more } });

    it('does not take away a blank that was just typed', async () => {
        saver.edit(call(), text('one '));
        saver.flush();
        saver.received(with_('one'));
        expect(saver.stateOf('c-2')).toBe('saved');
        await answer();
        expect(saver.noteOf(with_('one')).text).toBe('one ');
    });

    it('is enough where no answer comes', async () => {
        saver.edit(call(), text('one'));
        saver.flush();
        saver.received(with_('one'));
        await answer({ code: 'timeout' });
        expect(saver.stateOf('c-2')).toBe('saved');
    });

    it('does not undo what was typed since', async () => {
        saver.edit(call(), text('one'));
        saver.flush();
        saver.edit(call(), text('one two'));
        saver.received(with_('one'));
        expect(saver.noteOf(with_('one')).text).toBe('one two');
        await answer();
        jest.advanceTimersByTime(SAVE_AFTER);
        expect(sent.at(-1).text).toBe('one two');
    });

    it('is shown if somebody else wrote it later', async () => {
        saver.edit(call(), text('one'));
        saver.flush();
        await answer();
        saver.received(with_('from another tab'));
        expect(saver.noteOf(with_('from another tab')).text).toBe('from another tab');
        expect(saver.stateOf('c-2')).toBe('');
    });

    it('goes before what the agent writes when the call is handed on meanwhile', () => {
        saver.edit(call(), text('mine'));
        saver.received(with_('theirs', { disposition: 'Call back', followUp: '2026-11-30' }));
        saver.flush();
        expect(sent.at(-1)).toEqual({
            type: 'note',
            call: 'c-2',
            text: 'theirs\nmine',
            disposition: 'Call back',
            followUp: '2026-11-30'
        });
    });

    it('goes before it also when a part was saved already', async () => {
        saver.edit(call(), text('mine'));
        saver.flush();
        await answer();
        saver.edit(call(), text('mine, longer'));
        saver.received(with_('theirs\nmine'));
        expect(saver.noteOf(call()).text).toBe('theirs\nmine, longer');
    });

    it('gives way where the same text was changed twice', async () => {
        saver.edit(with_('old'), text('mine'));
        saver.received(with_('theirs'));
        expect(saver.noteOf(call()).text).toBe('mine');
    });

    it('changes nothing where nothing was written here, or nothing is new', () => {
        saver.received(with_('theirs'));
        expect(saver.noteOf(with_('theirs')).text).toBe('theirs');
        saver.edit(with_('theirs'), text('mine'));
        saver.received(with_('theirs'));
        expect(saver.noteOf(with_('theirs')).text).toBe('mine');
    });
});

it('forgets at once, also what is under way', async () => {
    saver.edit(call(), text('one'));
    saver.flush();
    saver.forget('c-2');
    await answer({ code: 'timeout' });
    expect(saver.stateOf('c-2')).toBe('');
    expect(jest.getTimerCount()).toBe(0);
});

it('keeps of calls that are gone only what can still be saved', async () => {
    saver.edit(call(), text('one'));
    saver.keepOnly(new Set());
    expect(saver.isUnsaved('c-2')).toBe(true);
    saver.flush();
    await answer();
    saver.keepOnly(new Set(['c-2']));
    expect(saver.stateOf('c-2')).toBe('saved');
    saver.keepOnly(new Set());
    expect(saver.stateOf('c-2')).toBe('');
});

it('saves what it can when the panel goes', () => {
    saver.edit(call(), text('one'));
    saver.stop();
    expect(sent).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
});

it('says that a note will not be in Salesforce, also where the call has it', async () => {
    saver.edit(call(), text('W'));
    saver.flush('c-2');
    saver.received(callOf('server.call-connected-attached', { note: { text: 'W' } }));
    expect(saver.stateOf('c-2')).toBe('saved');
    await answer({ code: 'notLogged' });
    expect(saver.stateOf('c-2')).toBe('unlogged');
    jest.advanceTimersByTime(SAVE_EVERY + RETRY_AFTER);
    expect(sent).toHaveLength(1);
});
