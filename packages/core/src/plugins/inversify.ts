/**
 * The one copy of inversify that every package and plugin shares: two copies would know nothing of each other's bindings.
 * `reflect-metadata` is loaded here, once, for those who use inversify's decorators.
 */
import 'reflect-metadata';

export {
  Container,
  ContainerModule,
  inject,
  injectable,
  multiInject,
  named,
  optional,
  type ServiceIdentifier,
} from 'inversify';
