import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

// Without strictNullChecks: Slack sends null where the types say that a field
// may be absent, enterprise for one.
const options = {
  noEmit: true, strict: true, strictNullChecks: false, skipLibCheck: true, types: ['node'],
  target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext,
};

/**
 * Collects values, and has the TypeScript compiler hold them all at once
 * against the types that packages declare.
 */
export class TypeJudge {
  #lines = ['export {};'];

  /** Value has every field that the package's type requires, each of its type; it may have more. */
  has(from, type, value) {
    this.#lines.push(`(<T extends ${imported(from, type)}>(_: T) => {})(${JSON.stringify(value)});`);
  }

  /** As has, and there is no field in it, at any depth, that the type does not know. */
  hasOnly(from, type, value) {
    this.#lines.push(`((_: ${imported(from, type)}) => {})(${JSON.stringify(value)});`);
  }

  /** Fails with all that the compiler has to say; else says how many values it has seen. */
  decide() {
    const path = fileURLToPath(new URL('judged.ts', import.meta.url));
    const host = ts.createCompilerHost(options);
    const { getSourceFile, fileExists } = host;
    host.fileExists = (name) => name === path || fileExists(name);
    host.getSourceFile = (name, ...rest) =>
      name === path ? ts.createSourceFile(name, this.#lines.join('\n'), ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest);
    const program = ts.createProgram([path], options, host);
    const checker = program.getTypeChecker();
    const found = ts.getPreEmitDiagnostics(program).filter((diagnostic) => !isMember(checker, diagnostic)).map(({ messageText, file, start }) => {
      const line = file?.fileName === path ? this.#lines[file.getLineAndCharacterOfPosition(start).line].slice(0, 120) : file?.fileName;
      return `${ts.flattenDiagnosticMessageText(messageText, '\n')}\n    in ${line}`;
    });
    if (found.length > 0) assert.fail(found.join('\n'));
    return this.#lines.length - 1;
  }
}

function imported(from, type) {
  return type.replace(/\w+/g, (name) => `import('${from}').${name}`);
}

/** TypeScript takes no string for an enum, not even one of its members: that is as it should be here. */
function isMember(checker, { file, start }) {
  let node = file && ts.getTokenAtPosition(file, start);
  while (node && !ts.isPropertyAssignment(node)) node = node.parent;
  if (!node || !ts.isStringLiteral(node.initializer)) return false;
  const wanted = checker.getContextualType(node.initializer);
  return (wanted?.types ?? [wanted]).some((type) => type && type.flags & ts.TypeFlags.EnumLiteral && type.value === node.initializer.text);
}
