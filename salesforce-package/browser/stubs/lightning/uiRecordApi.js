// lightning/uiRecordApi where there is no Salesforce: the host page may know records.
import { hostAdapter } from 'host/wire';

export const getRecord = hostAdapter((config) =>
    config.recordId && config.optionalFields ? globalThis.phoneHost.getRecord?.(config) : undefined
);
