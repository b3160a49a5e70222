import { hostStream } from 'host/wire';

/** Tells of each page that the host page shows. */
export const CurrentPageReference = hostStream((tell) => globalThis.phoneHost.watchPage?.(tell));

// Same shape as the platform module; the host page decides what navigation does.
const Navigate = Symbol('Navigate');

export const NavigationMixin = (Base) =>
    class extends Base {
        [Navigate](reference) {
            return globalThis.phoneHost.navigate(reference);
        }
    };
NavigationMixin.Navigate = Navigate;
