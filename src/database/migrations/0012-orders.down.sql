ALTER TABLE payment DROP KEY one_payment_per_order, DROP COLUMN order_id;
ALTER TABLE reservation DROP KEY reservation_by_order, DROP COLUMN order_id;
DROP TABLE orders;
