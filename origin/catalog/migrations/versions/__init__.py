"""The steps. `down_revision` chains them; a step that was released is never changed again."""
