import { readFileSync } from 'node:fs';

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** A package with the version that package.json pins. */
export const versioned = (name) => `${name} ${dependencies[name]}`;
