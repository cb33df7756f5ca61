// Imported first: processes run in UTC wherever they are, so that the driver writes and reads times as the database
// keeps them. People see DISPLAY_TIME_ZONE.
process.env.TZ = 'UTC';
