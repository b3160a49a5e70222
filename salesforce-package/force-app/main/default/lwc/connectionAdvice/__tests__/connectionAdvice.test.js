import { adviceFor, adviceForRequest } from 'c/connectionAdvice';
import { frame } from 'test/frames';

const failed = (more) => ({
    name: 'waiting',
    cause: 'unreachable',
    url: 'wss://cti.example.com/agent/ws',
    failures: 1,
    ...more
});
const text = (state, seen) => adviceFor(state, seen)?.text;

it('is silent while nothing is wrong', () => {
    expect(adviceFor({ name: 'connected' })).toBeNull();
    expect(adviceFor({ name: 'connecting' })).toBeNull();
    expect(adviceFor({ name: 'stopped' })).toBeNull();
});

it('is silent for a blip, not for a line that stays away', () => {
    const blip = failed({ opened: true, cause: 'closed', code: 1012 });
    expect(adviceFor(blip)).toBeNull();
    expect(text({ ...blip, failures: 2 })).toBe('c.CtiErrorLost');
});

it.each([
    ['unreachable', failed(), {}, 'c.CtiErrorUnreachable'],
    ['blocked by the page’s policy', failed(), { policyBlocked: true }, 'c.CtiErrorTrustedUrl'],
    [
        'mixed content',
        failed({ url: 'ws://cti.example.com/agent/ws' }),
        { securePage: true },
        'c.CtiErrorMixedContent'
    ],
    [
        'plain to this computer',
        failed({ url: 'ws://127.0.0.1:8080/agent/ws' }),
        { securePage: true },
        'c.CtiErrorUnreachable'
    ],
    ['local network denied', failed(), { localNetwork: 'denied' }, 'c.CtiErrorLocalNetwork'],
    ['local network granted', failed(), { localNetwork: 'granted' }, 'c.CtiErrorUnreachable'],
    ['offline', failed(), { online: false }, 'c.CtiErrorOffline'],
    ['no ticket', failed({ cause: 'ticket' }), {}, 'c.CtiErrorTicket'],
    [
        'no ticket, with a reason',
        failed({ cause: 'ticket', reason: 'no access' }),
        {},
        'No access.'
    ],
    ['no address', failed({ url: null }), {}, 'c.CtiErrorTicket'],
    [
        'not an agent',
        { name: 'stopped', code: 4403, reason: 'the agent is disabled' },
        {},
        'The agent is disabled.'
    ],
    [
        'not an agent, no reason',
        { name: 'stopped', code: 4403, reason: '' },
        {},
        'c.CtiErrorNoAgent'
    ],
    ['replaced', { name: 'stopped', code: 4409 }, {}, 'c.CtiErrorReplaced'],
    ['signature', failed({ code: 4401, reason: 'signature' }), {}, 'c.CtiErrorSignature'],
    ['audience', failed({ code: 4401, reason: 'audience' }), {}, 'c.CtiErrorAudience'],
    ['org', failed({ code: 4401, reason: 'org' }), {}, 'c.CtiErrorOrg'],
    ['expired', failed({ code: 4401, reason: 'expired' }), {}, 'c.CtiErrorExpired'],
    ['too many tabs', failed({ code: 4429, opened: true }), {}, 'c.CtiErrorTooMany'],
    ['malformed', failed({ code: 4400, opened: true }), {}, 'c.CtiErrorVersion']
])('knows the cure: %s', (what, state, seen, want) => {
    const advice = adviceFor(state, seen);
    expect(advice.text).toBe(want);
    expect(advice.cure).toMatch(/^c\.CtiCure/);
    expect(advice.waiting).toBe(state.name === 'waiting');
});

it('offers to take over only after a take-over', () => {
    expect(adviceFor({ name: 'stopped', code: 4409 }).retry).toBe('c.CtiUseHere');
    expect(adviceFor({ name: 'stopped', code: 4403 }).retry).toBe('c.CtiRetryNow');
});

it('says why a request failed', () => {
    const { error } = frame('server.result-error');
    expect(adviceForRequest(error)).toEqual({
        text: error.message,
        cure: error.cure
    });
    expect(adviceForRequest({ code: 'chooseDevice', message: 'No telephone…' }).cure).toBe(
        'c.CtiCureChooseDevice'
    );
    expect(adviceForRequest({ code: 'x', message: 'Busy.' })).toEqual({ text: 'Busy.', cure: '' });
    expect(adviceForRequest({ code: 'timeout' }).text).toBe('c.CtiErrorTimeout');
    expect(adviceForRequest({ code: 'notConnected' }).text).toBe('c.CtiErrorNotConnected');
    expect(adviceForRequest({ code: 'new' }).text).toBe('c.CtiErrorUnknown');
});
