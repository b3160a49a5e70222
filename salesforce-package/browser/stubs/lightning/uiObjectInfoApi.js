import { hostAdapter } from 'host/wire';

export const getObjectInfo = hostAdapter((config) =>
    config.objectApiName ? globalThis.phoneHost.getObjectInfo?.(config) : undefined
);
