/**
 * What this browser tab knows of itself. Focus only tells the bridge which tab
 * to navigate.
 */

const WINDOW_EVENTS = ['focus', 'blur', 'online', 'pageshow'];

/** @returns {{visible: boolean, focused: boolean}} */
export function tabState(doc = document) {
    return { visible: doc.visibilityState === 'visible', focused: doc.hasFocus() };
}

/**
 * Calls back whenever the tab may have woken, come to front or gone online.
 * @returns {() => void} stops watching
 */
export function watchTab(callback, win = window, doc = document) {
    const listener = () => callback(tabState(doc));
    WINDOW_EVENTS.forEach((name) => win.addEventListener(name, listener));
    doc.addEventListener('visibilitychange', listener);
    return () => {
        WINDOW_EVENTS.forEach((name) => win.removeEventListener(name, listener));
        doc.removeEventListener('visibilitychange', listener);
    };
}

/** A name for this tab, new with each panel, so that a duplicated tab is another one. */
export function newTabId() {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
