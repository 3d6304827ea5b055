// Whether zen-engine finds a cell of a rule table met, as the tables themselves are evaluated.
import { evaluateUnaryExpressionSync } from '@gorules/zen-engine';
import type { Meets } from '../policies/table-check.ts';

export const meetsCell: Meets = (expression, field, facts) =>
  evaluateUnaryExpressionSync(expression, { ...facts, $: facts[field] });
