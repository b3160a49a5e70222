// Everything lies beside the bundle, wherever that is served.
const base = new URL('.', import.meta.url);

export const iconUrl = (sprite, symbol) => `${new URL(`icons/${sprite}.svg`, base).href}#${symbol}`;
