import assert from 'node:assert/strict';
import test from 'node:test';
import { mentions, slug } from '../static/glossary/mentions.js';
import { TERMS } from '../static/glossary/terms.js';

const marked = (text) => mentions(text).map((piece) => (piece.term ? `[${piece.text}=${piece.term}]` : piece.text)).join('');

test('a term is found in any case and number, where it is mentioned first', () => {
  assert.equal(marked('Queue: ready to run. A queue grows.'), '[Queue=Queue]: ready to run. A queue grows.');
  assert.equal(marked('Traces have spans.'), '[Traces=Trace] have [spans=Span].');
  assert.equal(marked('the 99th: p99'), 'the 99th: [p99=p99]');
});

test('the longest term counts, and no part of a word', () => {
  assert.equal(marked('open loops and native histograms'), '[open loops=Open loop] and [native histograms=Native histogram]');
  assert.equal(marked('response time, entry'), '[response time=Response time], [entry=Entry]');
  assert.equal(marked('flag, waiting, re-entry, M/D/1'), 'flag, waiting, re-entry, [M/D/1=M/D/1]');
});

test('the pieces are the text', () => {
  for (const text of ['', 'nothing here', 'Lag', 'Lag and blocked.', 'a lag']) {
    assert.equal(mentions(text).map((piece) => piece.text).join(''), text);
  }
});

test('every term has an address of its own', () => {
  const names = Object.keys(TERMS);
  assert.equal(new Set(names.map(slug)).size, names.length);
  assert.equal(slug('Little\'s law'), 'little-s-law');
  assert.equal(slug('M/D/1'), 'm-d-1');
});
