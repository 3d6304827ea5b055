-- What the lines and doors never do to the tables beside the books; see 005 and 044 for the books.
-- Up Migration
revoke delete on book.loans, book.payouts, book.positions, book.repayments, book.answered_keys,
  payout.payouts from saidao_ledger;
revoke update, delete on book.loan_actions from saidao_ledger;
-- By the desk alone, which logs in by itself.
revoke insert, update, delete on book.reconciliations from saidao_ledger;
