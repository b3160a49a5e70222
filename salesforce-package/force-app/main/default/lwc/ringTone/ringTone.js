/**
 * The ring tone: two soft notes and a pause, computed here, so that no file is
 * loaded and no content security policy is asked. The browser repeats it by
 * itself: timers of a tab in the background would stumble.
 */

const SECONDS = 3;
const VOLUME = 0.2;
// [start, length in seconds, frequency in Hz]
const NOTES = [
    [0, 0.45, 659.3],
    [0.45, 0.75, 523.3]
];

export class RingTone {
    #AudioContext;
    #context = null;
    #buffer = null;
    #source = null;

    /** @param {typeof AudioContext} [Context] undefined: this browser has no sound */
    constructor(Context = globalThis.AudioContext) {
        this.#AudioContext = Context;
    }

    get possible() {
        return Boolean(this.#AudioContext);
    }

    /**
     * Gets ready to sound. Browsers allow it only after a person has clicked or
     * typed on the page; until then the promise stays open.
     * @returns {Promise<void>}
     */
    async wake() {
        this.#context ??= new this.#AudioContext();
        if (this.#context.state !== 'running') {
            await this.#context.resume();
        }
    }

    /** Sounds until stop; does nothing if it sounds already. */
    start() {
        if (this.#source || !this.#context) {
            return;
        }
        const context = this.#context;
        if (this.#buffer?.sampleRate !== context.sampleRate) {
            this.#buffer = compose(context);
        }
        this.#source = context.createBufferSource();
        Object.assign(this.#source, { buffer: this.#buffer, loop: true });
        this.#source.connect(context.destination);
        this.#source.start();
    }

    /** Stops, and gives the sound device back. */
    stop() {
        this.#source?.stop();
        this.#source = null;
        this.#context?.close();
        this.#context = null;
    }
}

/** One round of the tone; each note fades, so that nothing clicks. */
function compose(context) {
    const rate = context.sampleRate;
    const buffer = context.createBuffer(1, SECONDS * rate, rate);
    const samples = buffer.getChannelData(0);
    for (const [start, length, frequency] of NOTES) {
        const first = Math.floor(start * rate);
        const count = Math.floor(length * rate);
        for (let i = 0; i < count; i++) {
            const t = i / rate;
            const attack = Math.min(1, t / 0.02);
            const fade = (1 - i / count) ** 2;
            const wave =
                Math.sin(2 * Math.PI * frequency * t) + 0.3 * Math.sin(4 * Math.PI * frequency * t);
            samples[first + i] = VOLUME * attack * fade * wave;
        }
    }
    return buffer;
}
