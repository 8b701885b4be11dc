"""The kernel: company and user scope, periods, the document frame and the posting transaction, and what all apps share."""
