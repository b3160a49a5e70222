// Converts the source as a deployment would and checks that each member is
// there: a file in a wrong place is silently left out otherwise.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const assert = require('node:assert/strict');
const { ComponentSet, MetadataConverter } = require('@salesforce/source-deploy-retrieve');

const source = path.resolve(__dirname, '../../force-app');
const out = fs.mkdtempSync(path.join(os.tmpdir(), 'cti-convert-'));
const names = (dir, suffix) =>
    fs
        .readdirSync(path.join(source, 'main/default', dir))
        .filter((name) => name.endsWith(suffix))
        .map((name) => name.slice(0, name.length - suffix.length));

const expected = {
    ApexClass: names('classes', '.cls'),
    CspTrustedSite: ['CTI_Bridge_Pages', 'CTI_Bridge_WebSocket'],
    CustomApplication: ['CTI_Console'],
    CustomField: ['Audience__c', 'BridgeUrl__c', 'CertificateName__c'].map(
        (name) => `CtiSetting__mdt.${name}`
    ),
    CustomLabel: labelNames(),
    CustomLabels: ['CustomLabels'],
    CustomMetadata: ['CtiSetting.Default'],
    CustomObject: ['CtiSetting__mdt'],
    FlexiPage: ['CTI_Console_UtilityBar'],
    LightningComponentBundle: names('lwc', ''),
    LightningMessageChannel: ['CtiDial'],
    PermissionSet: ['CTI_Agent'],
    Translations: ['de']
};

function labelNames() {
    const file = path.join(source, 'main/default/labels/CustomLabels.labels-meta.xml');
    const xml = fs.readFileSync(file, 'utf8');
    return [...xml.matchAll(/<fullName>(\w+)<\/fullName>/g)].map(([, name]) => name);
}

function membersOf(packageXml) {
    const types = [...packageXml.matchAll(/<types>([\s\S]*?)<\/types>/g)].map(([, body]) => body);
    return Object.fromEntries(
        types.map((body) => [
            /<name>(.*?)<\/name>/.exec(body)[1],
            [...body.matchAll(/<members>(.*?)<\/members>/g)].map(([, name]) => name)
        ])
    );
}

async function main() {
    const set = ComponentSet.fromSource(source);
    const { packagePath } = await new MetadataConverter().convert(set, 'metadata', {
        type: 'directory',
        outputDirectory: out,
        packageName: 'ctibridge'
    });
    const packageXml = fs.readFileSync(path.join(packagePath, 'package.xml'), 'utf8');
    const members = membersOf(packageXml);
    assert.deepEqual(Object.keys(members).sort(), Object.keys(expected).sort());
    for (const [type, list] of Object.entries(expected)) {
        assert.deepEqual([...(members[type] ?? [])].sort(), [...list].sort(), type);
    }
    assert.match(packageXml, /<version>66\.0<\/version>/);
    const count = Object.values(members).flat().length;
    console.log(`${count} members of ${Object.keys(members).length} types convert`);
}

main()
    .catch((error) => {
        console.error(error.message);
        process.exitCode = 1;
    })
    .finally(() => fs.rmSync(out, { recursive: true, force: true }));
