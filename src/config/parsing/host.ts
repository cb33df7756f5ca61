import { isIP } from 'node:net';

const HOST_NAME = /^(?=.{1,253}$)[a-z\d_](?:[\w-]*\w)?(?:\.[a-z\d_](?:[\w-]*\w)?)*\.?$/i;

/** What some programs read as an IPv4 address, octal or hexadecimal, and others as a name. */
const NUMBER_AT_END = /(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i;

/** A host's name, or an IP address without brackets. */
export const isHost = (text: string): boolean =>
  isIP(text) !== 0 || (HOST_NAME.test(text) && !NUMBER_AT_END.test(text));

/** This very host. */
export const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(host);

export const isPort = (text: string): boolean => /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
