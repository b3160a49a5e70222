import fs from 'node:fs';
import path from 'node:path';
import { labels, say } from 'c/phoneLabels';

const main = path.resolve(__dirname, '../../..');
const read = (file, tag) =>
    [
        ...fs
            .readFileSync(path.join(main, file), 'utf8')
            .matchAll(new RegExp(`<${tag}>([^<]+)</${tag}>`, 'g'))
    ].map(([, text]) => text);

it('fills the holes of a text', () => {
    expect(say('{0} of {1}', 2, 'x')).toBe('2 of x');
    expect(say('{0} of {1}', 2)).toBe('2 of {1}');
});

it('knows each label of the package, and the package each of its labels', () => {
    const names = read('labels/CustomLabels.labels-meta.xml', 'fullName');
    expect(Object.values(labels).sort()).toEqual(names.map((name) => `c.${name}`).sort());
});

it('is translated as a whole, with the same holes', () => {
    const english = read('labels/CustomLabels.labels-meta.xml', 'value');
    const german = read('translations/de.translation-meta.xml', 'label');
    const holes = (text) => text.match(/\{\d\}/g)?.sort() ?? [];
    expect(read('translations/de.translation-meta.xml', 'name')).toEqual(
        read('labels/CustomLabels.labels-meta.xml', 'fullName')
    );
    expect(german.map(holes)).toEqual(english.map(holes));
});
