import { getInfo, open, updateUtility } from 'lightning/platformUtilityBarApi';
import { UtilityItem } from 'c/utilityItem';
import { callOf } from 'test/frames';

let item;

beforeEach(() => {
    jest.clearAllMocks();
    item = new UtilityItem();
    item.id = 'utility-1';
});

it('opens without taking the focus', async () => {
    await item.open();
    expect(open).toHaveBeenCalledWith('utility-1', { autoFocus: false });
});

it('leaves an open panel alone', async () => {
    getInfo.mockResolvedValueOnce({ utilityVisible: true });
    await item.open();
    expect(open).not.toHaveBeenCalled();
});

it('does nothing where there is no utility bar', async () => {
    item.id = undefined;
    await item.open();
    item.show([callOf('server.call-ringing-known')], true);
    expect(open).not.toHaveBeenCalled();
    expect(updateUtility).not.toHaveBeenCalled();
});

it.each([
    [
        'server.call-ringing-known',
        { label: 'Berta Beispiel', icon: 'incoming_call', highlighted: true }
    ],
    ['server.call-dialing', { label: 'Berta Beispiel', icon: 'outbound_call', highlighted: false }],
    [
        'server.call-connected-probable',
        { label: 'Berta Beispiel', icon: 'call', highlighted: false }
    ],
    ['server.call-held', { label: '+49 30 23125101', icon: 'paused_call', highlighted: false }],
    ['server.call-ended-hangup', { label: 'c.CtiPhone', icon: 'call', highlighted: false }]
])('shows %s', (name, want) => {
    item.show([callOf(name)], true);
    expect(updateUtility).toHaveBeenCalledWith('utility-1', want);
});

it('shows that the phone is not connected', () => {
    item.show([], false);
    expect(updateUtility.mock.calls[0][1]).toMatchObject({
        label: 'c.CtiOffline',
        icon: 'offline'
    });
});

it('tells the platform each thing once', () => {
    item.show([], true);
    item.show([], true);
    expect(updateUtility).toHaveBeenCalledTimes(1);
});

it('survives a utility that is being torn down', async () => {
    getInfo.mockRejectedValueOnce(new Error('gone'));
    open.mockRejectedValueOnce(new Error('gone'));
    await expect(item.open()).resolves.toBeUndefined();
});
