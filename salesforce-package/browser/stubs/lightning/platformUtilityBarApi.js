import { valueAdapter } from 'host/wire';

const call =
    (name) =>
    async (...args) =>
        globalThis.phoneHost.utility?.(name, ...args) ?? true;

export const EnclosingUtilityId = valueAdapter(() => globalThis.phoneHost.utilityId);
export const getInfo = call('getInfo');
export const open = call('open');
export const updateUtility = call('updateUtility');
