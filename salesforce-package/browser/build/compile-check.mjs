// Compiles each component file as Salesforce would: ESLint does not read templates.
import fs from 'node:fs';
import path from 'node:path';
import { transformSync } from '@lwc/compiler';

const root = path.resolve(import.meta.dirname, '../../force-app/main/default/lwc');
const problems = [];
for (const bundle of fs.readdirSync(root)) {
    const dir = path.join(root, bundle);
    for (const file of fs.readdirSync(dir).filter((name) => /\.(js|html|css)$/.test(name))) {
        const source = fs.readFileSync(path.join(dir, file), 'utf8');
        const options = { namespace: 'c', name: bundle, apiVersion: 66 };
        try {
            const { warnings = [] } = transformSync(source, path.join(dir, file), options);
            problems.push(...warnings.map(({ code, message }) => `${file}: ${code} ${message}`));
        } catch (error) {
            problems.push(`${file}: ${error.message}`);
        }
    }
}
problems.forEach((problem) => console.error(problem));
process.exit(problems.length ? 1 : 0);
