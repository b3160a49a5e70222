import { PolicyWatch, localNetworkPermission } from 'c/browserSigns';

const asking = (state) => ({ query: jest.fn().mockResolvedValue({ state }) });
const ask = (address, state) =>
    localNetworkPermission(address, asking(state), 'example.lightning.force.com');

describe('the permission for the local network', () => {
    it.each([
        ['wss://10.1.2.3/agent/ws', 'prompt', 'prompt'],
        ['wss://192.168.1.5/agent/ws', 'prompt', 'prompt'],
        ['wss://bridge.local/agent/ws', 'prompt', 'prompt'],
        ['wss://bridge/agent/ws', 'prompt', 'prompt'],
        ['ws://127.0.0.1:8080/agent/ws', 'prompt', 'prompt'],
        ['wss://cti.example.com/agent/ws', 'prompt', undefined],
        ['wss://cti.example.com/agent/ws', 'denied', 'denied'],
        ['wss://10.1.2.3/agent/ws', 'granted', 'granted']
    ])('of %s in state %s tells %s', async (address, state, want) => {
        expect(await ask(address, state)).toBe(want);
    });

    it('does not matter to a page of this computer', async () => {
        const permissions = asking('prompt');
        expect(
            await localNetworkPermission('ws://127.0.0.1/', permissions, 'localhost')
        ).toBeUndefined();
        expect(permissions.query).not.toHaveBeenCalled();
    });

    it('is unknown to older browsers', async () => {
        const unknown = { query: jest.fn().mockRejectedValue(new TypeError('no such name')) };
        expect(
            await localNetworkPermission('wss://10.1.2.3/', unknown, 'x.example.com')
        ).toBeUndefined();
        expect(
            await localNetworkPermission('wss://10.1.2.3/', null, 'x.example.com')
        ).toBeUndefined();
        expect(
            await localNetworkPermission('nowhere', asking('denied'), 'x.example.com')
        ).toBeUndefined();
    });

    it('asks for the loopback network by its own name', async () => {
        const permissions = asking('denied');
        await localNetworkPermission('wss://localhost/', permissions, 'x.example.com');
        expect(permissions.query).toHaveBeenCalledWith({ name: 'loopback-network' });
    });
});

it('notices a WebSocket that the page’s policy blocks, and nothing else', () => {
    const watch = new PolicyWatch();
    const violation = (effectiveDirective, blockedURI) =>
        document.dispatchEvent(
            Object.assign(new Event('securitypolicyviolation'), { effectiveDirective, blockedURI })
        );
    watch.start();
    violation('connect-src', 'https://example.com/');
    violation('img-src', 'wss://cti.example.com');
    expect(watch.blocked).toBe(false);
    violation('connect-src', 'wss://cti.example.com/agent/ws');
    expect(watch.blocked).toBe(true);
    watch.blocked = false;
    watch.stop();
    violation('connect-src', 'wss://cti.example.com/agent/ws');
    expect(watch.blocked).toBe(false);
});
