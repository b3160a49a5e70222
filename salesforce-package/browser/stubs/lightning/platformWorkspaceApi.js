import { valueAdapter } from 'host/wire';

export const IsConsoleNavigation = valueAdapter(() => false);
export const openTab = async ({ pageReference }) => globalThis.phoneHost.navigate(pageReference);
