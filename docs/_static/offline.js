// Without a server no page may read another one: the search then shows titles alone, and says no error.
"use strict";
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
