import { RingTone } from 'c/ringTone';
import { fakeAudio } from 'test/fakeAudio';

it('is not possible without Web Audio', () => {
    expect(new RingTone().possible).toBe(false); // jsdom has none
    expect(new RingTone(fakeAudio().AudioContext).possible).toBe(true);
});

it('sounds once, round after round, until stopped', async () => {
    const heard = fakeAudio();
    const tone = new RingTone(heard.AudioContext);
    tone.start(); // not awake: nothing to sound with
    expect(heard.started).toBe(0);
    await tone.wake();
    tone.start();
    tone.start();
    expect(heard.started).toBe(1);
    const [{ buffer, loop }] = heard.sources;
    expect(loop).toBe(true);
    const samples = [...buffer.getChannelData(0)];
    expect(samples.length).toBe(3 * 8000);
    expect(Math.max(...samples)).toBeGreaterThan(0.1);
    expect(Math.max(...samples)).toBeLessThan(0.3);
    expect(samples.slice(-8000).every((sample) => sample === 0)).toBe(true);
    tone.stop();
    tone.stop();
    expect(heard.sounding).toBe(0);
    expect(heard.open).toBe(0);
});

it('computes itself once', async () => {
    const heard = fakeAudio();
    const tone = new RingTone(heard.AudioContext);
    for (let i = 0; i < 2; i++) {
        // eslint-disable-next-line no-await-in-loop -- one ring after the other
        await tone.wake();
        tone.start();
        tone.stop();
    }
    expect(heard.sources[1].buffer).toBe(heard.sources[0].buffer);
    expect(heard.contexts).toBe(2);
});

it('waits until the browser allows it', async () => {
    const heard = fakeAudio();
    heard.allow(false);
    const tone = new RingTone(heard.AudioContext);
    let awake = false;
    const waking = tone.wake().then(() => {
        awake = true;
    });
    await Promise.resolve();
    expect(awake).toBe(false);
    heard.allow(true);
    await waking;
    expect(awake).toBe(true);
    expect(heard.contexts).toBe(1);
});
