import { newTabId, tabState, watchTab } from 'c/tabWatch';

it('tells what the tab is', () => {
    const doc = { visibilityState: 'hidden', hasFocus: () => false };
    expect(tabState(doc)).toEqual({ visible: false, focused: false });
});

it.each(['focus', 'blur', 'online', 'pageshow'])('calls back on %s until it is stopped', (name) => {
    const callback = jest.fn();
    const stop = watchTab(callback);
    window.dispatchEvent(new Event(name));
    stop();
    window.dispatchEvent(new Event(name));
    expect(callback).toHaveBeenCalledTimes(1);
});

it('calls back when the tab is hidden or shown', () => {
    const callback = jest.fn();
    const stop = watchTab(callback);
    document.dispatchEvent(new Event('visibilitychange'));
    stop();
    expect(callback).toHaveBeenCalledWith(tabState());
});

it('names each tab differently', () => {
    expect(newTabId()).toMatch(/^[0-9a-f]{24}$/);
    expect(newTabId()).not.toBe(newTabId());
});
