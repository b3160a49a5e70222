// Same notation as the platform's: name=value pairs, percent-encoded.
export const encodeDefaultFieldValues = (values) =>
    Object.entries(values)
        .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
        .join(',');

export const decodeDefaultFieldValues = (text) =>
    Object.fromEntries(
        (text ? text.split(',') : []).map((pair) => {
            const [name, value] = pair.split('=');
            return [name, decodeURIComponent(value)];
        })
    );
