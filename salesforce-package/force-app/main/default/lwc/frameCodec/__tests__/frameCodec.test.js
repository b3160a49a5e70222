import * as codec from 'c/frameCodec';
import { frame, frameNames } from 'test/frames';

describe('decode', () => {
    it.each(frameNames('server'))('reads %s', (name) => {
        const decoded = codec.decode(JSON.stringify(frame(name)));
        expect(decoded).toEqual(expect.objectContaining({ type: frame(name).type }));
    });

    it.each([
        ['no JSON', '{'],
        ['no object', '42'],
        ['null', 'null'],
        ['no type', '{}'],
        ['a type of a newer bridge', '{"type":"colleagues"}'],
        ['a call without id', '{"type":"call","call":{"state":"ringing"}}'],
        ['a call frame without call', '{"type":"call"}'],
        ['a navigation to nowhere', '{"type":"navigate","pop":"p-1","call":"c-1"}']
    ])('ignores %s', (what, text) => {
        expect(codec.decode(text)).toBeNull();
    });

    it('keeps absent matches apart from empty ones', () => {
        const read = (name) => codec.decode(JSON.stringify(frame(name))).call.matches;
        expect(read('server.call-ringing-pending')).toBeUndefined();
        expect(read('server.call-ringing-unknown')).toEqual([]);
    });

    it('leaves broken calls out of a welcome', () => {
        const welcome = {
            ...frame('server.welcome'),
            calls: [{}, frame('server.welcome').calls[0]]
        };
        expect(codec.decode(JSON.stringify(welcome)).calls).toHaveLength(1);
    });
});

describe('what the panel sends', () => {
    const record = { object: 'Contact', id: '003000000000001AAA' };
    const sent = (name) => {
        const { request, ...rest } = frame(name);
        expect(request ?? 'none').toBeTruthy();
        return rest;
    };

    it.each(['ticket', 'resume'])('signs in by %s', (by) => {
        const want = frame(`client.authenticate-${by}`);
        expect(codec.authenticate({ [by]: want[by] }, want.tab, want.client)).toEqual(want);
    });

    it('tells of its tab', () => {
        const tab = { id: 'tab-1', visible: false, focused: false, console: true };
        expect(codec.tab(tab)).toEqual(frame('client.tab'));
    });

    it('dials', () => {
        expect(codec.dial('030 23125-101')).toEqual(sent('client.dial-typed'));
        expect(codec.dial('+493023125101', record)).toEqual(sent('client.dial'));
    });

    it('acts, chooses and confirms', () => {
        expect(codec.callAction('c-1', 'hangup')).toEqual(sent('client.call-action'));
        expect(codec.callAction('c-1', 'transfer', '103')).toEqual(
            sent('client.call-action-transfer')
        );
        expect(codec.choose('c-2', { object: 'Contact', id: '003000000000002AAA' })).toEqual(
            frame('client.choose')
        );
        expect(codec.choose('c-2', { object: 'Case', id: '500000000000001AAA' })).toEqual(
            sent('client.choose-request')
        );
        expect(codec.choose('c-2', null)).toEqual(sent('client.choose-none'));
        expect(codec.navigated('p-1')).toEqual(frame('client.navigated'));
    });

    it('writes, and leaves out what is empty', () => {
        const { type, call, ...note } = frame('client.note');
        expect(codec.note(call, note)).toEqual({ type, call, ...note });
        expect(codec.note(call, note)).toEqual(sent('client.note-request'));
        expect(codec.note(call, { text: '', disposition: '', followUp: '' })).toEqual({
            type,
            call,
            text: ''
        });
    });
});
