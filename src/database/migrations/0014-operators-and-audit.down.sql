DROP TABLE schedule_cancellation;
DROP TABLE audit;
DROP TABLE operator;
