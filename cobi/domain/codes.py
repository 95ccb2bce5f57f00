"""Every code an error or a warning can carry, with what it means; clients may rely on them."""

RECORD_CODES = {
    "not_an_object": "The record is not a JSON object.",
    "malformed_record": "The record's JSON cannot be read, for instance because it nests too deeply.",
    "missing_field": "A required field is absent.",
    "null_not_allowed": "A required field is null.",
    "wrong_type": "The value has another JSON type than the field.",
    "empty_text": "The text is empty after trimming.",
    "too_long": "The text is longer than the field allows.",
    "control_character": "The text contains NUL, a control character or a lone surrogate.",
    "malformed_id": "The value is not a UUID.",
    "unknown_region": "The value is not an ISO 3166-1 alpha-2 code.",
    "unknown_choice": "The value is not one of the names the field allows.",
    "out_of_range": "The number lies outside the field's bounds.",
    "malformed_date": "The value is not an ISO 8601 date.",
    "malformed_datetime": "The value is not an ISO 8601 date-time.",
    "malformed_timestamp": (
        "The value is neither a positive integer in range nor an ISO 8601 date-time after 1970 (D22)."
    ),
    "future_timestamp": (
        "The interaction lies further ahead of the server's clock than the settings tolerate (D22)."
    ),
    "window_reversed": "An offer's allowed_to lies before its allowed_from.",
    "unknown_reference": "The record refers to one that is not stored; upload that one first (D17).",
    "unknown_student": "The student is not known, or deleted (D19).",
    "identity_conflict": "student_id and user_id name two different students (D20).",
    "unknown_item": "The item is not stored (D21).",
    "item_type_mismatch": "The item is stored as another type than item_type says (D21).",
    "contradictory_source": "A recommendation_id came without source COBI (D24).",
}
"""Why a record is refused; the record lies in quarantine."""

REQUEST_CODES = {
    "malformed_json": "The body is not JSON; the message says at which byte.",
    "malformed_body": "The body is JSON of another form than expected.",
    "missing_records": "The body has no `records`.",
    "no_records": "`records` is empty.",
    "too_many_records": "More than 5000 records; nothing was stored.",
    "malformed_rule": "A rule for mending refused records cannot be read, or fits no field of the type.",
    "malformed_parameter": "A query parameter cannot be read.",
    "malformed_cursor": "The cursor is not one this list gave.",
    "invalid_request": "The request as a whole cannot be understood.",
    "unauthorized": "The key is missing or unknown.",
    "forbidden": "The key lacks the scope.",
    "not_found": "What the request names does not exist.",
    "unknown_path": "There is nothing at this path.",
    "unknown_type": "There is no such record type.",
    "unknown_record": "No record with this id is stored.",
    "unknown_customer": "The customer is not known, or deleted.",
    "unknown_segment": "The segment is not known.",
    "unknown_offer": "The offer is not known.",
    "unknown_recommendation": "No answer with this id was given here, or its student was erased.",
    "malformed_positions": "The positions that came into view are no list of numbers from 1.",
    "unknown_position": "The answer has no such position; nothing was noted.",
    "unknown_experiment": "The experiment is not known.",
    "experiment_exists": "There is an experiment of this name already.",
    "experiment_state": "The experiment is not in the state for this, or another one is running.",
    "malformed_experiment": "The experiment is not declared as it has to be; nothing was stored.",
    "unknown_setting": "There is no such setting; nothing was changed.",
    "malformed_setting": "The setting does not take this value; nothing was changed.",
    "unknown_model": "There is no model of this version.",
    "model_unusable": "The model version cannot answer: it failed, its arrays are gone, or another Cobi wrote it.",
    "no_earlier_model": "There is no model before the live one to go back to.",
    "nothing_decided": "The evidence gate has decided nothing about this model version.",
    "unknown_job": "There is no training or evaluation of this id.",
    "training_runs": "Another training of the organisation waits or goes on.",
    "training_cancelled": "The training was cancelled, or given up because it gave no sign of life.",
    "training_unavailable": "Trainings in processes of their own are started by a server only.",
    "evaluation_runs": "Another evaluation of the organisation waits or goes on.",
    "evaluation_unavailable": "Evaluations in processes of their own are started by a server only.",
    "unknown_organisation": "There is no organisation of that name.",
    "method_not_allowed": "The path does not answer this method.",
    "conflict": "The request contradicts what is stored.",
    "segment_exists": "Another segment has this name or id, or had this id.",
    "too_many_segments": "The organisation has as many segments as it may have.",
    "nothing_to_keep": "There is no live model whose tuning could be kept.",
    "nothing_to_learn": "There are no offers to recommend yet.",
    "nothing_to_evaluate": "Nothing that a known student did can be held back to test on.",
    "payload_too_large": "The body is larger than the settings allow.",
    "unsupported_media_type": "The body is not declared as JSON.",
    "rate_limited": "The key's rate limit is used up; Retry-After says for how long.",
    "overloaded": (
        "Too many writes are waiting; nothing of the request was stored; Retry-After says when to try again."
    ),
    "unknown_key": "This organisation has no key of that id.",
    "key_ended": "The key was revoked or has expired, so it cannot be rotated.",
    "idempotency_key_reused": "The Idempotency-Key came with another request in the last 24 hours; nothing was done.",
    "malformed_idempotency_key": "The Idempotency-Key is empty, too long or not visible ASCII.",
    "unavailable": (
        "The storage cannot be used right now; Retry-After says when to try again, and repeating is safe."
    ),
    "not_a_student": "Only customers are erased and exported.",
    "target_exists": "The directory to make is there already.",
    "data_not_empty": "There are data where the backup is to be restored.",
    "data_in_use": "Another process has the data open that are to be replaced.",
    "damaged_backup": "The backup is not what it was when it was made.",
    "misconfigured": "The settings or the data directory cannot work as they are.",
    "http_error": "The server's HTTP layer refused the request.",
    "internal": "Something unexpected happened; the server's log has it by request_id.",
}
"""Why a request as a whole is refused."""

WARNING_CODES = {
    "unknown_field": (
        "A field that is not known was ignored; the message names the one that was probably meant (D9)."
    ),
    "outdated": "Records older than what is stored, by `updated`, changed nothing (D8).",
}
"""What was accepted but may not be what was meant."""
