/**
 * The browser's timers as one object, so that what depends on time takes its
 * clock from outside.
 */
/* eslint-disable @lwc/lwc/no-async-operation -- the one place where timers start */
export const browserClock = {
    setTimeout: (callback, delay) => setTimeout(callback, delay),
    clearTimeout: (id) => clearTimeout(id),
    setInterval: (callback, delay) => setInterval(callback, delay),
    clearInterval: (id) => clearInterval(id),
    now: () => Date.now(),
    random: () => Math.random()
};
