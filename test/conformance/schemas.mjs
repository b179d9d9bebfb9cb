import assert from 'node:assert/strict';

/**
 * Fails unless value is what a zod schema of jira.js describes, and unless it
 * has every field that the schema knows, at every depth, but those whose names
 * are left out on purpose. The schemas call nearly every field optional, as
 * Atlassian's description does: without the second half a lost field would pass.
 */
export function judge(schema, value, ...leftOut) {
  const parsed = schema.safeParse(value);
  assert.ok(parsed.success, `not as described:\n${parsed.error?.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`).join('\n')}`);
  const absent = [...absentFields(schema, value, [])].map((path) => path.join('.'));
  const name = (path) => path.split('.').at(-1);
  assert.deepEqual(absent.filter((path) => !leftOut.includes(name(path))), [], 'fields are missing');
  assert.deepEqual(leftOut.filter((field) => !absent.some((path) => name(path) === field)), [], 'fields are there that were to be left out');
}

/** Walks schema and value together and yields the path of every field without a value. */
function* absentFields(schema, value, path) {
  const { type, shape, element, innerType } = schema._zod.def;
  if (value === null || value === undefined) return;
  if (innerType) {
    yield* absentFields(innerType, value, path);
  } else if (type === 'array') {
    for (const [index, each] of value.entries()) yield* absentFields(element, each, [...path, index]);
  } else if (type === 'object') {
    for (const [name, field] of Object.entries(shape)) {
      if (value[name] === undefined) yield [...path, name];
      else yield* absentFields(field, value[name], [...path, name]);
    }
  }
}
