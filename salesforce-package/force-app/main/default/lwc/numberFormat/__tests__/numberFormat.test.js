import { dialable, duration } from 'c/numberFormat';

it.each([
    [' 030 23125-101 ', '030 23125-101'],
    ['tel:+49-30-23125101', '+49-30-23125101'],
    ['TEL:%2B49%2030%2023125101;ext=5', '+49 30 23125101'],
    ['callto://+493023125101', '+493023125101'],
    ['sip:1002@example.com', '1002'],
    ['(0221) 4710-000', '(0221) 4710-000'],
    ['*21#', '*21#'],
    ['100%', '100%'],
    ['no number', ''],
    ['', ''],
    [undefined, '']
])('%s goes out as %s', (text, want) => {
    expect(dialable(text)).toBe(want);
});

it.each([
    [-5, '0:00'],
    [7999, '0:07'],
    [750000, '12:30'],
    [3723000, '1:02:03']
])('%d ms are %s', (milliseconds, want) => {
    expect(duration(milliseconds)).toBe(want);
});
