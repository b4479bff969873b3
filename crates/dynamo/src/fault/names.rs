//! The names of operations and errors. A mistyped one would be a fault that never
//! happens.

/// The operations of the embedded engine.
const OPERATIONS: &str = "
    BatchExecuteStatement BatchGetItem BatchWriteItem CreateTable DeleteItem DeleteTable
    DescribeStream DescribeTable DescribeTimeToLive ExecuteStatement ExecuteTransaction
    GetItem GetRecords GetShardIterator ListStreams ListTables ListTagsOfResource PutItem
    Query Scan SearchVectors TagResource TransactGetItems TransactWriteItems
    UntagResource UpdateItem UpdateTable UpdateTimeToLive";

/// The errors that a client meets on items, tables and credentials. The SDK decides by
/// code and status whether to retry.
const CODES: &str = "
    AccessDeniedException ConditionalCheckFailedException DuplicateItemException
    ExpiredTokenException IdempotentParameterMismatchException
    IncompleteSignatureException InternalServerError InvalidSignatureException
    ItemCollectionSizeLimitExceededException LimitExceededException
    MissingAuthenticationTokenException ProvisionedThroughputExceededException
    ReplicatedWriteConflictException RequestLimitExceeded ResourceInUseException
    ResourceNotFoundException SerializationException ServiceUnavailable
    ThrottlingException TransactionCanceledException TransactionConflictException
    TransactionInProgressException UnknownOperationException UnrecognizedClientException
    ValidationException";

/// The operation of this name.
pub(super) fn operation(name: &str) -> Option<&'static str> {
    OPERATIONS.split_whitespace().find(|known| *known == name)
}

/// The error code of this name.
pub(super) fn code(name: &str) -> Option<&'static str> {
    CODES.split_whitespace().find(|known| *known == name)
}
