/** Sound that only counts. `allow(false)` makes the browser wait for a click. */
function fakeAudio() {
    const heard = { contexts: 0, open: 0, started: 0, sounding: 0, sources: [] };
    let allowed = true;
    let waiting = [];
    heard.allow = (yes) => {
        allowed = yes;
        if (yes) {
            waiting.forEach((resolve) => resolve());
            waiting = [];
        }
    };
    heard.AudioContext = class {
        sampleRate = 8000;
        destination = {};

        constructor() {
            heard.contexts++;
            heard.open++;
        }

        get state() {
            return allowed ? 'running' : 'suspended';
        }

        resume() {
            return new Promise((resolve) => {
                if (allowed) {
                    resolve();
                } else {
                    waiting.push(resolve);
                }
            });
        }

        close() {
            heard.open--;
            return Promise.resolve();
        }

        createBuffer(channels, length, sampleRate) {
            const samples = new Float32Array(length);
            return { length, sampleRate, getChannelData: () => samples };
        }

        createBufferSource() {
            const source = {
                connect() {},
                start() {
                    heard.started++;
                    heard.sounding++;
                },
                stop() {
                    heard.sounding--;
                }
            };
            heard.sources.push(source);
            return source;
        }
    };
    return heard;
}

/** Web Locks of one browser: each call of the result is another tab's `navigator.locks`. */
function fakeLocks() {
    const queue = [];
    const next = async () => {
        const [first] = queue;
        if (first && !first.granted) {
            first.granted = true;
            await first.callback();
            queue.splice(queue.indexOf(first), 1);
            next();
        }
    };
    return {
        request(name, { signal }, callback) {
            return new Promise((resolve, reject) => {
                const entry = { name, callback, granted: false };
                signal.addEventListener('abort', () => {
                    if (!entry.granted) {
                        queue.splice(queue.indexOf(entry), 1);
                        reject(new DOMException('given up', 'AbortError'));
                    }
                });
                queue.push(entry);
                Promise.resolve().then(next);
            });
        },
        query: () => Promise.resolve({ held: queue.filter(({ granted }) => granted) })
    };
}

module.exports = { fakeAudio, fakeLocks };
