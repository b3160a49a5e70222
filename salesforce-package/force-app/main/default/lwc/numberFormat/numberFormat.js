/** How numbers and times are read and written in the panel. */

/**
 * What a person typed or pasted, as it goes to the bridge, which knows the
 * dial plan and does the rest.
 * @param {string} text "030 23125-101", "tel:+49-30-23125101;ext=5" …
 * @returns {string} empty if there is nothing to dial
 */
export function dialable(text) {
    const bare = decoded((text ?? '').trim().replace(/^(tel|callto|sip):(\/\/)?/i, ''));
    const number = bare.split(/[;?@]/)[0].trim();
    return /[0-9*#]/.test(number) ? number : '';
}

/**
 * @param {number} milliseconds
 * @returns {string} "0:07", "12:30", "1:02:03"; never negative
 */
export function duration(milliseconds) {
    const seconds = Math.max(0, Math.floor(milliseconds / 1000));
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const shown = parts[0] ? parts : parts.slice(1);
    return shown.map((part, i) => (i ? String(part).padStart(2, '0') : part)).join(':');
}

/**
 * @param {string} time RFC 3339
 * @param {number} now the bridge's time in milliseconds
 * @returns {string} as this browser writes it: the hour, and the day if it is another
 */
export function clockTime(time, now) {
    const date = new Date(time);
    const clock = { hour: '2-digit', minute: '2-digit' };
    const today = date.toDateString() === new Date(now).toDateString();
    return date.toLocaleString(
        undefined,
        today ? clock : { day: '2-digit', month: '2-digit', ...clock }
    );
}

function decoded(text) {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}
