// The one script of every page: small helps for what already works without it. Each module looks for its own marks.
import { countAlong } from "./counts.js";
import { keepDrafts } from "./drafts.js";
import { openWideFilters } from "./filters.js";
import { focusErrors, sendOnce } from "./forms.js";
import { previewWhileWriting } from "./preview.js";
import { suggestWhileTyping } from "./suggest.js";

openWideFilters();
focusErrors();
sendOnce();
keepDrafts(); // before the counts: what it brings back is counted too
countAlong();
previewWhileWriting();
suggestWhileTyping();
