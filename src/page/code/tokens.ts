// Splits a line of code into words with a colour. One lexer reads TypeScript, AssemblyScript and GLSL, so that GLSL inside of a
// TypeScript string has its colours too.
import {parse} from 'sugar-high/core';

const words = (text: string) => new Set(text.split(' '));

const options = {
  keywords: words(
    'as async await break case const continue default do else export extends false for from function if import in interface let new null of precision private readonly return satisfies static struct switch this throw true type typeof undefined uniform while yield class constructor out highp',
  ),
  typeKeywords: words(
    'bool boolean bvec2 bvec4 f32 f64 float i32 int ivec2 ivec4 number object sampler2D string u32 usize v128 vec2 vec3 vec4 void',
  ),
  onCommentStart: (current: string, next: string) =>
    current !== '/' ? 0 : next === '/' ? 1 : next === '*' ? 2 : 0,
  // A line's comment ends before the line does.
  onCommentEnd: (previous: string, current: string) =>
    current === '\n' ? 1 : previous === '*' && current === '/' ? 2 : 0,
};

export interface Token {
  text: string;
  /** 'keyword', 'class' for a type or a number, 'string', 'comment'; others have no colour. */
  type: string;
}

/** The tokens of each line. */
export const tokensOf = (text: string): Token[][] =>
  parse(text, options).lines.map(({tokens}) =>
    tokens.flatMap(({type, value}) => (value ? [{type, text: value}] : [])),
  );

/** The pieces of a text: its identifiers, and what lies between them. */
export const identifiersOf = (text: string): string[] =>
  text.match(/[\p{L}\p{N}_]+|[^\p{L}\p{N}_]+/gu) ?? [];
