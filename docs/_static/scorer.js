// What readers look for comes before what maintainers do, where both hold the word.
"use strict";
var Scorer = {
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
  score([name, , , , score]) {
    if (/^(zappa-permissions|permissions|explain|tutorial|how-to)($|\/)/.test(name)) return score + 3;
    if (/^(architecture|contributing|benchmarks|comparison|role-comparison)$/.test(name)) return score - 3;
    return score;
  },
};
