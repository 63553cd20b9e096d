package office

// readOnlyName is the file that keeps a restored record from being written to.
const readOnlyName = "read-only"
