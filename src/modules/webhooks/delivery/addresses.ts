import { lookup as resolveName } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type Network, parseNetworks } from '../../../config/parsing/networks';
import { TargetRefused } from '../errors';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Resolve = (
  host: string,
  options: { all: true },
  done: (error: Error | null, addresses?: { address: string; family: number }[]) => void,
) => void;

/** Answers requests of the virtual machines of one cloud only, though it lies in a public range. */
const AZURE_HOST = '168.63.129.16';
/** All IPv6 addresses that are routed to the world. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');

/**
 * Which addresses a webhook may be called at: public ones, and those of WEBHOOK_ALLOWED_NETWORKS. Private, loopback,
 * link-local (metadata services), shared, reserved and multicast ranges are refused, and so is every IPv6 range that
 * carries an IPv4 address (mapped, NAT64, 6to4, Teredo).
 */
export class AddressRules {
  private readonly allowed: Network[];

  constructor(
    networks: string,
    private readonly resolve: Resolve = resolveName,
  ) {
    this.allowed = parseNetworks(networks);
  }

  /** Whether the address lies in WEBHOOK_ALLOWED_NETWORKS: it may be called by http as well. */
  isConfigured(text: string): boolean {
    const address = parse(text);
    return address !== undefined && this.allowed.some((network) => isIn(address, network));
  }

  /** @throws TargetRefused */
  check(text: string): void {
    const address = parse(text);
    if (address === undefined || !(isPublic(address) || this.isConfigured(text)))
      throw new TargetRefused(`${text} is no public address`);
  }

  /**
   * Resolves a name for a connection. All its addresses are checked, and the connection goes to one of those that were
   * checked: a name that is given another address a moment later gains nothing.
   */
  lookup(isHttps: boolean): LookupFunction {
    return (host, options, done) => {
      // With an error Node gives no addresses, whatever its types say. What is thrown here nobody catches.
      this.resolve(host, { all: true }, (error, addresses = []) => {
        const refused = error ?? this.refusalOf(addresses, isHttps);
        const [first] = addresses;
        if (refused !== undefined) done(refused, '', 0);
        else if (options.all) done(null, addresses);
        else if (first === undefined) done(new TargetRefused(`${host} has no address`), '', 0);
        else done(null, first.address, first.family);
      });
    };
  }

  private refusalOf(addresses: { address: string }[], isHttps: boolean): Error | undefined {
    try {
      for (const { address } of addresses) {
        this.check(address);
        if (!isHttps && !this.isConfigured(address)) throw new TargetRefused('it must be https');
      }
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }
}

/** @returns undefined for what is no address; a zone (`%eth0`) makes it none */
const parse = (text: string): Address | undefined =>
  isIP(text) !== 0 && !text.includes('%') ? ipaddr.parse(text) : undefined;

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return isIPv6(address) ? isIn(address, GLOBAL_IPV6) : address.toString() !== AZURE_HOST;
}

const isIn = (address: Address, [network, bits]: Network): boolean =>
  address.kind() === network.kind() && address.match(network, bits);

const isIPv6 = (address: Address): boolean => address.kind() === 'ipv6';
