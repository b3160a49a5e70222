/**
 * The system's own notification of a call, for an agent who looks elsewhere.
 * Only where the browser has the permission already: nobody is asked for it.
 */
export class CallNotice {
    #shown = new Map();
    #options;

    constructor(options) {
        this.#options = {
            Notification: globalThis.Notification,
            doc: globalThis.document,
            win: globalThis.window,
            ...options
        };
    }

    /** Tells of a call; tabs that tell of the same one replace each other's. */
    show(id, text) {
        const { Notification, doc, win } = this.#options;
        if (Notification?.permission !== 'granted' || doc.hasFocus() || this.#shown.has(id)) {
            return;
        }
        try {
            const notice = new Notification(text, { tag: id, silent: true });
            notice.onclick = () => win.focus();
            this.#shown.set(id, notice);
        } catch {
            // some browsers let only service workers do it
        }
    }

    /** Takes away all that are not of these calls. */
    keepOnly(ids) {
        [...this.#shown]
            .filter(([id]) => !ids.has(id))
            .forEach(([id, notice]) => {
                notice.close();
                this.#shown.delete(id);
            });
    }
}
