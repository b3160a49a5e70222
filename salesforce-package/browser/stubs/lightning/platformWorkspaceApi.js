import { valueAdapter } from 'host/wire';

export const IsConsoleNavigation = valueAdapter(() => false);
export const getFocusedTabInfo = async () => undefined;
export const openTab = async ({ pageReference }) => globalThis.phoneHost.navigate(pageReference);
