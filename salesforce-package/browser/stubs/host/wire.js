/**
 * A wire adapter that asks the host page. `ask` gets the configuration and
 * returns the data, a promise of it, or undefined while nothing can be said.
 */
export function hostAdapter(ask) {
    return class {
        #tell;
        #turn = 0;

        constructor(tell) {
            this.#tell = tell;
            tell({ data: undefined, error: undefined });
        }

        connect() {}

        disconnect() {
            this.#turn++;
        }

        async update(config) {
            const turn = ++this.#turn;
            const told = (value) => turn === this.#turn && this.#tell(value);
            try {
                const data = await ask(config);
                if (data !== undefined) {
                    told({ data, error: undefined });
                }
            } catch (error) {
                told({ data: undefined, error: { body: { message: error.message } } });
            }
        }
    };
}

/** A wire adapter that goes on telling; `watch` gets the callback and returns what ends it. */
export function hostStream(watch) {
    return class {
        #tell;
        #stop;

        constructor(tell) {
            this.#tell = tell;
        }
        connect() {
            this.#stop = watch(this.#tell);
        }
        update() {}
        disconnect() {
            this.#stop?.();
        }
    };
}

/** A wire adapter that gives one bare value of the host page. */
export function valueAdapter(read) {
    return class {
        constructor(tell) {
            this.tell = tell;
        }
        connect() {
            this.tell(read());
        }
        update() {}
        disconnect() {}
    };
}
