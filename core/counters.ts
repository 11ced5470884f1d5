/**
 * Counters with the names of the Linux MIB, so that the same words serve on both ends of a test.
 *
 * @module
 */

/** What a stack has counted since it was made. Names are those of `nstat` on Linux. */
export class Counters {
  /** TCP segments received. */
  TcpInSegs = 0;
  /** TCP segments sent, retransmissions and resets included. */
  TcpOutSegs = 0;
  /** TCP segments sent again. */
  TcpRetransSegs = 0;
  /** Malformed segments received. */
  TcpInErrs = 0;
  /** Resets sent. */
  TcpOutRsts = 0;
  /** Connections and subflows opened by this end. */
  TcpActiveOpens = 0;
  /** Connections and subflows opened by the peer. */
  TcpPassiveOpens = 0;
  /** Connection requests that failed. */
  TcpAttemptFails = 0;
  /** Established connections or subflows that were reset. */
  TcpEstabResets = 0;
  /** Retransmission timeouts. */
  TcpExtTCPTimeouts = 0;
  /** Tail loss probes sent. */
  TcpExtTCPLossProbes = 0;
  /** Losses repaired by a tail loss probe. */
  TcpExtTCPLossProbeRecovery = 0;
  /** Fast recoveries begun. */
  TcpExtTCPSackRecovery = 0;
  /** Recoveries undone because the loss was spurious. */
  TcpExtTCPFullUndo = 0;
  /** Reductions undone because the peer had all that was sent again (RFC 3708). */
  TcpExtTCPDSACKUndo = 0;
  /** Timeouts that F-RTO has shown to be spurious (RFC 5682). */
  TcpExtTCPSpuriousRTOs = 0;
  /** Challenge ACKs sent (RFC 5961). */
  TcpExtTCPChallengeACK = 0;
  /** Segments refused by PAWS (RFC 7323). */
  TcpExtPAWSEstab = 0;
  /** D-SACK blocks received. */
  TcpExtTCPDSACKRecv = 0;
  /** D-SACK blocks sent for old segments. */
  TcpExtTCPDSACKOldSent = 0;
  /** SYNs and third ACKs dropped because the accept queue was full. */
  TcpExtListenOverflows = 0;
  /** SYNs and third ACKs dropped for whatever reason. */
  TcpExtListenDrops = 0;
  /** Subflows that lingered in TIME-WAIT for less than they should, as too many did. */
  TcpExtTCPTimeWaitOverflow = 0;
  /** SYNs that came while the SYN queue was full, or was not to be used, and were answered with a cookie. */
  TcpExtTCPReqQFullDoCookies = 0;
  /** SYNs dropped because the SYN queue was full. */
  TcpExtTCPReqQFullDrop = 0;
  /** SYN cookies sent (RFC 4987). */
  TcpExtSyncookiesSent = 0;
  /** SYN cookies that came back. */
  TcpExtSyncookiesRecv = 0;
  /** Acknowledgments that brought no cookie of ours back while cookies were out. */
  TcpExtSyncookiesFailed = 0;
  /** Zero-window probes sent. */
  TcpExtTCPWinProbe = 0;
  /** Segments sent of which the peer says that a router marked them, or others of that flight (RFC 3168). */
  TcpExtTCPDeliveredCE = 0;
  /** ICMP errors refused because the segment they quote is not in flight (RFC 5927). */
  TcpExtOutOfWindowIcmps = 0;
  /** Connections whose SYN carried data that the peer took (RFC 7413). */
  TcpExtTCPFastOpenActive = 0;
  /** Connections whose SYN carried data that the peer did not take. */
  TcpExtTCPFastOpenActiveFail = 0;
  /** SYNs with a cookie of ours. */
  TcpExtTCPFastOpenPassive = 0;
  /** SYNs with a cookie that is not ours. */
  TcpExtTCPFastOpenPassiveFail = 0;
  /** SYNs with a cookie of ours that were taken for ordinary ones, as too many such connections were opening. */
  TcpExtTCPFastOpenListenOverflow = 0;
  /** SYNs that asked for a cookie. */
  TcpExtTCPFastOpenCookieReqd = 0;
  /** Probes for a larger path MTU that arrived (RFC 4821). */
  TcpExtTCPMTUPSuccess = 0;
  /** Probes for a larger path MTU that were lost. */
  TcpExtTCPMTUPFail = 0;
  /** Segments from an address that no host has, or to one that this host has not. */
  IpInAddrErrors = 0;
  /** ICMP errors about segments of no connection. */
  IcmpInErrors = 0;

  /** SYN with MP_CAPABLE received. */
  MPTcpExtMPCapableSYNRX = 0;
  /** SYN with MP_CAPABLE sent. */
  MPTcpExtMPCapableSYNTX = 0;
  /** SYN/ACK with MP_CAPABLE received. */
  MPTcpExtMPCapableSYNACKRX = 0;
  /** Third ACK with MP_CAPABLE received. */
  MPTcpExtMPCapableACKRX = 0;
  /** Connections whose SYN went without MP_CAPABLE in the end, as all with it were lost. */
  MPTcpExtMPCapableSYNTXDrop = 0;
  /** Connections that are plain TCP from the start, as their path is known to lose SYNs with MP_CAPABLE. */
  MPTcpExtMPCapableSYNTXDisabled = 0;
  /** Paths found to lose SYNs with MP_CAPABLE. */
  MPTcpExtBlackhole = 0;
  /** Server fell back: the third ACK came without MP_CAPABLE. */
  MPTcpExtMPCapableFallbackACK = 0;
  /** Client fell back: the SYN/ACK came without MP_CAPABLE. */
  MPTcpExtMPCapableFallbackSYNACK = 0;
  /** Connections that are open now, those included that fell back after their handshake. */
  MPTcpExtMPCurrEstab = 0;
  /** MP_JOIN with a token that no connection has. */
  MPTcpExtMPJoinNoTokenFound = 0;
  /** SYN with MP_JOIN sent. */
  MPTcpExtMPJoinSynTx = 0;
  /** SYN with MP_JOIN received. */
  MPTcpExtMPJoinSynRx = 0;
  /** Those of them that ask for a backup. */
  MPTcpExtMPJoinSynBackupRx = 0;
  /** Those of them that came to another port than that of the first subflow. */
  MPTcpExtMPJoinPortSynRx = 0;
  /** SYN/ACK with MP_JOIN received. */
  MPTcpExtMPJoinSynAckRx = 0;
  /** Those of them that ask for a backup. */
  MPTcpExtMPJoinSynAckBackupRx = 0;
  /** Those of them that came from another port than that of the first subflow. */
  MPTcpExtMPJoinPortSynAckRx = 0;
  /** SYN/ACK with MP_JOIN whose HMAC was wrong. */
  MPTcpExtMPJoinSynAckHMacFailure = 0;
  /** Third ACK with MP_JOIN received. */
  MPTcpExtMPJoinAckRx = 0;
  /** Those of them that came to another port than that of the first subflow. */
  MPTcpExtMPJoinPortAckRx = 0;
  /** Third ACK with MP_JOIN whose HMAC was wrong. */
  MPTcpExtMPJoinAckHMacFailure = 0;
  /** Joins refused because a limit was reached or policy forbids them. */
  MPTcpExtMPJoinRejected = 0;
  /** Mapping that contradicts an earlier one or the bytes it covers. */
  MPTcpExtDSSNotMatching = 0;
  /** Connections whose peer declared a mapping for all that follows (fallback). */
  MPTcpExtInfiniteMapRx = 0;
  /** Connections that declared a mapping for all that follows. */
  MPTcpExtInfiniteMapTx = 0;
  /** Fallback after the handshake, because data came without a DSS. */
  MPTcpExtDssFallback = 0;
  /** Fallback because mappings lie beside the bytes that they came with. */
  MPTcpExtDSSCorruptionFallback = 0;
  /** Subflows reset because mappings stayed away. */
  MPTcpExtDSSCorruptionReset = 0;
  /** Bytes that arrived again on another subflow. */
  MPTcpExtDuplicateData = 0;
  /** Pieces that arrived ahead of the data sequence. */
  MPTcpExtOFOQueue = 0;
  /** Those of them that came behind all others that wait. */
  MPTcpExtOFOQueueTail = 0;
  /** Those of them that continue what waits before them. */
  MPTcpExtOFOMerge = 0;
  /** Pieces that were not taken because they lie beyond the receive window of the connection. */
  MPTcpExtNoDSSInWindow = 0;
  /** Pieces sent again on another subflow. */
  MPTcpExtMPTCPRetrans = 0;
  /** Addresses announced by the peer. */
  MPTcpExtAddAddr = 0;
  /** Address announcements sent. */
  MPTcpExtAddAddrTx = 0;
  /** Those of the peer's announcements that have a port. */
  MPTcpExtPortAdd = 0;
  /** Echoes of announcements sent. */
  MPTcpExtEchoAddTx = 0;
  /** Echoes of announcements received. */
  MPTcpExtEchoAdd = 0;
  /** Announcements dropped: HMAC wrong or no room. */
  MPTcpExtAddAddrDrop = 0;
  /** REMOVE_ADDR received, one for each address. */
  MPTcpExtRmAddr = 0;
  /** REMOVE_ADDR sent. */
  MPTcpExtRmAddrTx = 0;
  /** Subflows closed because an address was withdrawn. */
  MPTcpExtRmSubflow = 0;
  /** MP_PRIO sent. */
  MPTcpExtMPPrioTx = 0;
  /** MP_PRIO received. */
  MPTcpExtMPPrioRx = 0;
  /** MP_FASTCLOSE sent. */
  MPTcpExtMPFastcloseTx = 0;
  /** MP_FASTCLOSE received. */
  MPTcpExtMPFastcloseRx = 0;
  /** MP_TCPRST sent. */
  MPTcpExtMPRstTx = 0;
  /** MP_TCPRST received. */
  MPTcpExtMPRstRx = 0;
  /** DSS checksums that failed. */
  MPTcpExtDataCsumErr = 0;
  /** MP_FAIL sent. */
  MPTcpExtMPFailTx = 0;
  /** MP_FAIL received. */
  MPTcpExtMPFailRx = 0;
  /** Windows told on a subflow whose edge another one had moved. */
  MPTcpExtRcvWndShared = 0;
  /** Questions for the window of a connection that is closed. */
  MPTcpExtWinProbe = 0;
  /** Subflows that became stale. */
  MPTcpExtSubflowStale = 0;
  /** Stale subflows that recovered. */
  MPTcpExtSubflowRecover = 0;
}
